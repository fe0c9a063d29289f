/* The keys of a checkpoint's metadata, beside those of run_state.c. */
#ifndef GM_TRAIN_CHECKPOINT_KEYS_H
#define GM_TRAIN_CHECKPOINT_KEYS_H

#define KEY_NETWORK   "gradmill.network"   /* as gm_describe_network says */
#define KEY_OPTIMIZER "gradmill.optimizer" /* its name */
#define KEY_BACKEND   "gradmill.backend"
#define KEY_KERNELS   "gradmill.kernels" /* "" if that is not the backend's own choice */
#define KEY_TEXT      "gradmill.text"    /* of the caller */

#endif
