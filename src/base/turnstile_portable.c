/* The turnstile with a mutex and a condition variable. It does not spin, uses POSIX functions only, and needs
 * no annotations for ThreadSanitizer. */
#include "base/turnstile.h"

void gm_turnstile_init(gm_turnstile *t, bool crowded)
{
    (void)crowded; /* here a waiting thread always sleeps at once */
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->moved, NULL);
    t->count = t->sleepers = 0;
}

void gm_turnstile_clear(gm_turnstile *t)
{
    pthread_cond_destroy(&t->moved);
    pthread_mutex_destroy(&t->mutex);
}

unsigned gm_turnstile_count(gm_turnstile *t)
{
    pthread_mutex_lock(&t->mutex);
    const unsigned count = t->count;
    pthread_mutex_unlock(&t->mutex);
    return count;
}

void gm_turnstile_wait(gm_turnstile *t, unsigned seen)
{
    pthread_mutex_lock(&t->mutex);
    t->sleepers++;
    while (t->count == seen)
        pthread_cond_wait(&t->moved, &t->mutex);
    t->sleepers--;
    pthread_mutex_unlock(&t->mutex);
}

void gm_turnstile_advance(gm_turnstile *t)
{
    pthread_mutex_lock(&t->mutex);
    t->count++;
    pthread_cond_broadcast(&t->moved);
    pthread_mutex_unlock(&t->mutex);
}

bool gm_turnstile_has_sleepers(gm_turnstile *t)
{
    pthread_mutex_lock(&t->mutex);
    const bool sleepers = t->sleepers > 0;
    pthread_mutex_unlock(&t->mutex);
    return sleepers;
}
