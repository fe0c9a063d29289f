/* A child of a fork has only the thread that called fork. If another thread held a lock at that moment, no
 * thread of the child would ever release it, and what the lock protects would be half changed. So a fork
 * waits until all locks are free, and holds them itself while the process is copied. */
#include "base/lock.h"

#include <pthread.h>

static pthread_mutex_t locks[] = {
    [GM_LOCK_WEIGHTS] = PTHREAD_MUTEX_INITIALIZER,
    [GM_LOCK_BLAS_THREADS] = PTHREAD_MUTEX_INITIALIZER,
};
_Static_assert(sizeof locks / sizeof *locks == GM_LOCK_COUNT, "each lock is initialised");

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void take_all(void)
{
    for (int i = 0; i < GM_LOCK_COUNT; i++)
        pthread_mutex_lock(&locks[i]);
}

static void release_all(void)
{
    for (int i = GM_LOCK_COUNT; i-- > 0;)
        pthread_mutex_unlock(&locks[i]);
}

static void watch_forks(void)
{
    pthread_atfork(take_all, release_all, release_all);
}

void gm_lock_take(gm_lock lock)
{
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&locks[lock]);
}

void gm_lock_release(gm_lock lock)
{
    pthread_mutex_unlock(&locks[lock]);
}
