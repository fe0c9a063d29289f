/* The macros of Criterion, for tests that run one after another in one process without Criterion.
 * ThreadSanitizer and Criterion need the same range of addresses, so they cannot be in one program. Only the
 * macros that the tests of threads use are here. The program prints TAP (in_process.c). */
#ifndef GM_IN_PROCESS_CRITERION_H
#define GM_IN_PROCESS_CRITERION_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef struct in_process_test {
    const char *suite, *name;
    void (*run)(void);
    void (*init)(void), (*fini)(void); /* around run; NULL: nothing */
    double timeout;                    /* of Criterion; not looked at */
    struct in_process_test *next;
} in_process_test;

void in_process_register(in_process_test *test);

/* What every test of a suite begins with. */
typedef struct in_process_suite {
    const char *name;
    void (*init)(void);
    struct in_process_suite *next;
} in_process_suite;

void in_process_register_suite(in_process_suite *suite);

#define TestSuite(suite_, ...)                                                                               \
    __attribute__((constructor)) static void suite_##_suite_register(void)                                   \
    {                                                                                                        \
        static in_process_suite suite = {.name = #suite_, ##__VA_ARGS__};                                    \
        in_process_register_suite(&suite);                                                                   \
    }                                                                                                        \
    static_assert(sizeof #suite_ > 1, "a suite has a name") /* takes the semicolon */

/* Reports a wrong assertion with its place and message; a fatal one ends the test. */
void in_process_check(bool good, bool fatal, const char *file, int line, const char *text, const char *format,
                      ...) __attribute__((format(printf, 6, 7)));
_Noreturn void in_process_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define Test(suite_, name_, ...)                                                                             \
    static void suite_##_##name_##_run(void);                                                                \
    __attribute__((constructor)) static void suite_##_##name_##_register(void)                               \
    {                                                                                                        \
        static in_process_test test = {                                                                      \
            .suite = #suite_, .name = #name_, .run = suite_##_##name_##_run, ##__VA_ARGS__};                 \
        in_process_register(&test);                                                                          \
    }                                                                                                        \
    static void suite_##_##name_##_run(void)

/* The blank makes a message of none at all a format, too. */
#define IN_PROCESS_CHECK(condition, fatal, text, ...)                                                        \
    in_process_check((condition), (fatal), __FILE__, __LINE__, text, " " __VA_ARGS__)

#define cr_expect(condition, ...)     IN_PROCESS_CHECK((condition), false, #condition, ##__VA_ARGS__)
#define cr_assert(condition, ...)     IN_PROCESS_CHECK((condition), true, #condition, ##__VA_ARGS__)
#define cr_expect_not(condition, ...) IN_PROCESS_CHECK(!(condition), false, "not " #condition, ##__VA_ARGS__)
#define cr_expect_eq(a, b, ...)       IN_PROCESS_CHECK((a) == (b), false, #a " == " #b, ##__VA_ARGS__)
#define cr_assert_eq(a, b, ...)       IN_PROCESS_CHECK((a) == (b), true, #a " == " #b, ##__VA_ARGS__)
#define cr_expect_neq(a, b, ...)      IN_PROCESS_CHECK((a) != (b), false, #a " != " #b, ##__VA_ARGS__)
#define cr_expect_lt(a, b, ...)       IN_PROCESS_CHECK((a) < (b), false, #a " < " #b, ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...)       IN_PROCESS_CHECK((a) < (b), true, #a " < " #b, ##__VA_ARGS__)
#define cr_expect_leq(a, b, ...)      IN_PROCESS_CHECK((a) <= (b), false, #a " <= " #b, ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...)      IN_PROCESS_CHECK((a) <= (b), true, #a " <= " #b, ##__VA_ARGS__)
#define cr_expect_gt(a, b, ...)       IN_PROCESS_CHECK((a) > (b), false, #a " > " #b, ##__VA_ARGS__)
#define cr_expect_geq(a, b, ...)      IN_PROCESS_CHECK((a) >= (b), false, #a " >= " #b, ##__VA_ARGS__)
#define cr_expect_null(a, ...)        IN_PROCESS_CHECK((a) == NULL, false, #a " is NULL", ##__VA_ARGS__)
#define cr_expect_not_null(a, ...)    IN_PROCESS_CHECK((a) != NULL, false, #a " is not NULL", ##__VA_ARGS__)
#define cr_assert_not_null(a, ...)    IN_PROCESS_CHECK((a) != NULL, true, #a " is not NULL", ##__VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)                                                                          \
    IN_PROCESS_CHECK(strcmp((a), (b)) == 0, false, #a " is " #b, ##__VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...)                                                                    \
    IN_PROCESS_CHECK(memcmp((a), (b), (size)) == 0, false, #a " holds " #b, ##__VA_ARGS__)
#define cr_expect_float_eq(a, b, epsilon, ...)                                                               \
    IN_PROCESS_CHECK(fabs((double)(a) - (double)(b)) <= (double)(epsilon), false, #a " is near " #b,         \
                     ##__VA_ARGS__)
#define cr_assert_float_eq(a, b, epsilon, ...)                                                               \
    IN_PROCESS_CHECK(fabs((double)(a) - (double)(b)) <= (double)(epsilon), true, #a " is near " #b,          \
                     ##__VA_ARGS__)
#define cr_skip(...)     in_process_skip(" " __VA_ARGS__)
#define cr_log_info(...) ((void)0)

#endif
