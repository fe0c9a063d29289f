/* What cppcheck is to take instead of macros of foreign headers, which it does not read
 * (scripts/cppcheck.sh). */
#define json_object_foreach(object, key, value)                                                              \
    for ((key) = first_key(object); ((value) = value_of(object, key)) != 0; (key) = next_key(object, key))
