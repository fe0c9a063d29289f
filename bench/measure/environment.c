/* Describes the machine for a measurement: reads facts from the system, measures peaks (peak.h), and checks
 * at the end whether something disturbed the measurement. */
#include "bench/measure/environment.h"
#include "machine/cpu.h"
#include "base/kernel_text.h"
#include "base/number.h"
#include "machine/peak.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* If the load is below this part of the usable threads, other programs hardly disturb a measurement. */
#define QUIET_SHARE 0.5

/* At most a second and a half, if the threads really share a core. */
#define FMA_TRIES 5

/* A smaller part of stolen time is not visible beside the spread of the rounds. */
#define STOLEN_SHARE 0.02

void gm_environment_warn(gm_environment *environment, const char *format, ...)
{
    if (environment->warning_count == GM_MOST_WARNINGS)
        return;
    char *line = environment->warnings[environment->warning_count];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof *environment->warnings, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < environment->warning_count; i++)
        if (strcmp(environment->warnings[i], line) == 0)
            return; /* this warning was given already */
    environment->warning_count++;
}

/* strftime writes the zone as +0200; ISO 8601 in its extended form has a colon in it. */
static void read_date(char *date, size_t size)
{
    const time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local) || strftime(date, size - 1, "%Y-%m-%dT%H:%M:%S%z", &local) < 5)
        return;
    char *minutes = date + strlen(date) - 2;
    memmove(minutes + 1, minutes, strlen(minutes) + 1);
    *minutes = ':';
}

/* Appends one argument in a form that a shell reads back. The first is the command, which may hold its verb,
 * too: it stays as it is. */
static size_t quote(char *line, size_t size, size_t used, const char *argument)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    const bool quoted = used > 0 && (!*argument || argument[strspn(argument, plain)]);
    if (used > 0 && used + 1 < size)
        line[used++] = ' ';
    if (quoted && used + 1 < size)
        line[used++] = '\'';
    for (; *argument && used + 5 < size; argument++) {
        if (*argument == '\'')
            used += (size_t)snprintf(line + used, size - used, "'\\''");
        else
            line[used++] = *argument;
    }
    if (quoted && used + 1 < size)
        line[used++] = '\'';
    line[used] = '\0';
    return used;
}

/* The path of the own group in /proc/self/cgroup, whose lines are "ID:CONTROLLERS:PATH": that of version 1's
 * cpu controller, or else that of version 2, whose controllers are empty. Empty: none. */
static void own_group(char *path, size_t size)
{
    static const char *const marks[] = {"cpu,cpuacct:/", ":cpu:/", "::/"};
    char text[GM_KERNEL_TEXT];
    const char *group = NULL;
    gm_kernel_read("/proc/self/cgroup", text, sizeof text);
    for (size_t i = 0; i < sizeof marks / sizeof *marks && !group; i++)
        group = strstr(text, marks[i]);
    path[0] = '\0';
    if (group)
        gm_kernel_line(path, size, strchr(group, '/'));
}

/* nr_throttled of the own group. In a container the path of the group may not exist, but then the file at the
 * root is that of the container. 0 if there is no such file. */
static size_t read_throttled(void)
{
    char group[PATH_MAX / 2];
    own_group(group, sizeof group);
    const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/cpu"};
    const char *const groups[] = {group, ""};
    for (size_t i = 0; i < 4; i++) {
        char path[PATH_MAX], text[GM_KERNEL_TEXT];
        uint64_t periods;
        snprintf(path, sizeof path, "%s%s/cpu.stat", roots[i % 2], groups[i / 2]);
        if (gm_kernel_read(path, text, sizeof text) && gm_kernel_field_number(text, "nr_throttled", &periods))
            return (size_t)periods;
    }
    return 0;
}

/* "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ..." */
gm_ticks gm_ticks_parse(const char *text)
{
    gm_ticks ticks = {0};
    uint64_t number = 0;
    const char *at = gm_kernel_field(text, "cpu");
    for (size_t i = 0; i < 8; i++) {
        if (!at || !gm_kernel_number(at, &number))
            return (gm_ticks){0};
        ticks.all += number;
        at += strspn(at, "0123456789");
        at += strspn(at, " ");
    }
    ticks.stolen = number;
    return ticks;
}

static gm_ticks read_ticks(void)
{
    char text[GM_KERNEL_TEXT];
    return gm_kernel_read("/proc/stat", text, sizeof text) ? gm_ticks_parse(text) : (gm_ticks){0};
}

/* Adds the warnings of doctor, but not its notes, which do not concern a measurement. */
static void warn_of_findings(gm_environment *environment)
{
    gm_finding findings[GM_MOST_FINDINGS];
    const size_t count = gm_findings(&environment->facts, findings);
    for (size_t i = 0; i < count; i++)
        if (findings[i].severity == GM_WARNING)
            gm_environment_warn(environment, "%s%s%s", findings[i].text, findings[i].fix[0] ? "; fix: " : "",
                                findings[i].fix);
}

/* `own` is the load that gradmill itself causes. */
static void warn_of_load(gm_environment *environment, double load, double own, const char *when)
{
    char text[32];
    const double usable = (double)environment->facts.threads.usable;
    if (load - own > QUIET_SHARE * usable)
        gm_environment_warn(environment, "other programs were running %s: load %s on %.0f usable threads",
                            when, gm_format_double(text, sizeof text, load, 3), usable);
}

void gm_environment_command(char command[GM_COMMAND_SIZE], int argc, char **argv)
{
    size_t used = 0;
    command[0] = '\0';
    for (int i = 0; i < argc; i++)
        used = quote(command, GM_COMMAND_SIZE, used, argv[i]);
}

gm_environment gm_environment_read(int argc, char **argv)
{
    gm_environment environment = {.flags = GM_BUILD_FLAGS, .facts = gm_gather_facts(true)};
    read_date(environment.date, sizeof environment.date);
    if (gethostname(environment.host, sizeof environment.host - 1) != 0)
        environment.host[0] = '\0';
    gm_environment_command(environment.command, argc, argv);
    for (int level = 1; level <= 3; level++)
        environment.cache[level] = gm_cpu_cache(level);
    environment.throttled = read_throttled();
    environment.ticks = read_ticks();
    warn_of_findings(&environment);
    warn_of_load(&environment, environment.facts.load, 0, "before the measurement");
    return environment;
}

/* Measures the FMA peak of one thread and of all threads. For some seconds the system, or the host of a
 * virtual machine, may run all threads on one core. So if the peak of all threads is hardly larger than that
 * of one, it is measured again. */
static gm_status measure_fma(gm_precision precision, const size_t threads[2], double fma[2], gm_error *error)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    gm_status status = gm_peak_fma(precision, threads[0], &fma[0], error);
    fma[1] = fma[0];
    for (int tries = 0; tries < FMA_TRIES && status == GM_OK && threads[1] > 1; tries++) {
        double all = 0;
        if (tries > 0)
            nanosleep(&pause, NULL);
        status = gm_peak_fma(precision, threads[1], &all, error);
        fma[1] = fmax(fma[1], all);
        if (fma[1] > 1.5 * fma[0])
            break;
    }
    return status;
}

gm_status gm_environment_measure(gm_environment *environment, gm_precision precision, gm_error *error)
{
    gm_facts *facts = &environment->facts;
    const size_t threads[] = {1, facts->threads.usable};
    double fma[2] = {0}, gemm[2] = {0}, bandwidth[2] = {0};
    gm_status status = measure_fma(precision, threads, fma, error);
    for (size_t i = 0; i < 2 && status == GM_OK; i++) {
        status = gm_peak_gemm(precision, threads[i], &gemm[i], error);
        if (status == GM_OK)
            status = gm_peak_bandwidth(threads[i], &bandwidth[i], error);
    }
    if (status != GM_OK)
        return status;
    /* All threads reach at least what one reaches; a smaller value was disturbed by other programs. */
    gemm[1] = fmax(gemm[0], gemm[1]);
    bandwidth[1] = fmax(bandwidth[0], bandwidth[1]);
    environment->peak_one[precision] = fma[0];
    environment->peak_all[precision] = fma[1];
    environment->gemm_one[precision] = gemm[0];
    environment->gemm_all[precision] = gemm[1];
    environment->bandwidth_one = bandwidth[0];
    environment->bandwidth_all = bandwidth[1];
    facts->fma[precision] = (gm_speed){fma[0], fma[1]};
    facts->gemm[precision] = (gm_speed){gemm[0], gemm[1]};
    facts->bandwidth = (gm_speed){bandwidth[0], bandwidth[1]};
    facts->measured = true;
    warn_of_findings(environment);
    return GM_OK;
}

static void warn_of_theft(gm_environment *environment)
{
    const gm_ticks before = environment->ticks, now = read_ticks();
    if (before.all == 0 || now.all <= before.all || now.stolen < before.stolen)
        return;
    environment->stolen = (double)(now.stolen - before.stolen) / (double)(now.all - before.all);
    if (environment->stolen > STOLEN_SHARE)
        gm_environment_warn(
            environment,
            "the host of this virtual machine gave %.0f %% of its processors' time to others: times "
            "are too long, those of several threads most",
            100 * environment->stolen);
}

void gm_environment_close(gm_environment *environment)
{
    const size_t throttled = read_throttled();
    if (throttled > environment->throttled)
        gm_environment_warn(
            environment, "the control group's quota stopped this program in %zu periods: times are too long",
            throttled - environment->throttled);
    warn_of_theft(environment);
    double load;
    if (getloadavg(&load, 1) == 1)
        warn_of_load(environment, load, (double)environment->facts.threads.usable, "during the measurement");
}
