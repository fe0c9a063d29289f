/* Stands in for BLAS libraries of other vendors, so that tests can check how doctor recognises them. It is
 * preloaded and defines cblas_sgemm and the functions that tell how the library was built. It computes
 * nothing. GM_FAKE_THREADING is "openmp", "pthreads" or "none"; a product takes GM_FAKE_MILLISECONDS. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void cblas_sgemm(void);
void cblas_sgemm(void)
{
    const char *const milliseconds = getenv("GM_FAKE_MILLISECONDS");
    if (milliseconds)
        nanosleep(&(struct timespec){.tv_nsec = atol(milliseconds) * 1000000}, NULL);
}

#if defined(FAKE_BLIS)
static long built_with(const char *threading)
{
    const char *chosen = getenv("GM_FAKE_THREADING");
    return chosen && strcmp(chosen, threading) == 0;
}

const char *bli_info_get_version_str(void);
const char *bli_info_get_version_str(void)
{
    return "1.2.3";
}

int bli_arch_query_id(void);
int bli_arch_query_id(void)
{
    return 7;
}

const char *bli_arch_string(int id);
const char *bli_arch_string(int id)
{
    return id == 7 ? "zen3" : "another one";
}

long bli_info_get_enable_openmp(void);
long bli_info_get_enable_openmp(void)
{
    return built_with("openmp");
}

long bli_info_get_enable_pthreads(void);
long bli_info_get_enable_pthreads(void)
{
    return built_with("pthreads");
}

long bli_info_get_enable_threading(void);
long bli_info_get_enable_threading(void)
{
    return !built_with("none");
}

/* Nobody has set it yet. */
long bli_thread_get_num_threads(void);
long bli_thread_get_num_threads(void)
{
    return -1;
}
#elif defined(FAKE_MKL)
void MKL_Get_Version_String(char *text, int size);
void MKL_Get_Version_String(char *text, int size)
{
    snprintf(text, (size_t)size, "Version 2025.1");
}

int MKL_Get_Max_Threads(void);
int MKL_Get_Max_Threads(void)
{
    return 6;
}
#elif defined(FAKE_REFERENCE)
extern int RowMajorStrg;
int RowMajorStrg = 0;
#endif
