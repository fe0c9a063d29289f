/* `train --class-weight`: how much the rows of each class count. */
#ifndef GM_CLI_CLASS_WEIGHTS_H
#define GM_CLI_CLASS_WEIGHTS_H

#include <gradmill/dataset.h>

/* The file that the value of the option names; NULL: none, because it is "balanced" or not given. */
const char *cli_class_weight_file(const char *value);

/* Multiplies the weights of the rows to learn from with those of their classes, and notes these. GM_USAGE: no
 * classes. GM_BAD_DATA: the file names a class twice or one that is not there, or has a weight that is no
 * number of at least 0; GM_IO, GM_LIMIT. */
gm_status cli_weigh_classes(gm_dataset *train, const char *value, gm_error *error);

#endif
