/*
 * The guest's entry points: CPython as a WASI reactor with the contract of this product.
 *
 *   hyperspace_init    run once by the snapshotting host: starts the interpreter, imports what agents use
 *   hyperspace_abi     version of this contract
 *   hyperspace_alloc   memory for a job's bytes, owned by the next hyperspace_run
 *   hyperspace_run     one job: 0 a result was delivered, 1 an error was delivered, 2 the contract was violated
 *
 * The one import besides WASI is hyperspace.door, reachable from Python as the built-in module `_hyperspace`. What a job
 * means is decided in bootstrap.py, which is embedded here; this file only starts, converts and never interprets.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <wasi/api.h>
#include <wasi/libc-environ.h>

#include "bootstrap.h" /* generated: bootstrap_source[], the text of bootstrap.py */

#ifdef HYPERSPACE_EXTENSIONS
extern int hyperspace_add_extensions(void); /* generated: registers extension modules that are linked in */
#endif

#define ABI_VERSION 1
#define STDLIB L"/usr/lib/python313.zip"
#define EXPORT(name) __attribute__((export_name(name), used))

enum { DOOR_SEND = 0, DOOR_RECEIVE = 1, DOOR_RESULT = 2 };
enum { DOOR_TOO_LARGE = -1 };
enum { RUN_VIOLATED = 2 };

__attribute__((import_module("hyperspace"), import_name("door")))
extern int32_t hyperspace_door(int32_t op, const void *ptr, int32_t len);

/* Not declared by the headers of wasi-libc: forgets the cached list of preopened directories; it refills on first use. */
extern void __wasilibc_reset_preopens(void);

extern char **environ;

static PyObject *run_function; /* bootstrap.run, kept for the life of the instance */

/* ---- module _hyperspace ------------------------------------------------------------------------------------------ */

static PyObject *refused(int code, const char *what)
{
    PyObject *args = Py_BuildValue("(is)", code, what);
    if (args != NULL) {
        PyErr_SetObject(PyExc_OSError, args);
        Py_DECREF(args);
    }
    return NULL;
}

static PyObject *guest_send(PyObject *module, PyObject *arg)
{
    Py_buffer frame;
    if (PyObject_GetBuffer(arg, &frame, PyBUF_SIMPLE) < 0)
        return NULL;
    int32_t waiting = hyperspace_door(DOOR_SEND, frame.buf, (int32_t)frame.len);
    PyBuffer_Release(&frame);
    if (waiting == DOOR_TOO_LARGE)
        return refused(EMSGSIZE, "the request is too large for the host");
    if (waiting < 0)
        return refused(EACCES, "the host answers no requests here");
    PyObject *answer = PyBytes_FromStringAndSize(NULL, waiting);
    if (answer == NULL)
        return NULL;
    int32_t copied = hyperspace_door(DOOR_RECEIVE, PyBytes_AS_STRING(answer), waiting);
    if (copied != waiting) {
        Py_DECREF(answer);
        return refused(EIO, "the host withdrew its answer");
    }
    return answer;
}

static PyObject *guest_result(PyObject *module, PyObject *arg)
{
    Py_buffer frame;
    if (PyObject_GetBuffer(arg, &frame, PyBUF_SIMPLE) < 0)
        return NULL;
    int32_t status = hyperspace_door(DOOR_RESULT, frame.buf, (int32_t)frame.len);
    PyBuffer_Release(&frame);
    if (status == DOOR_TOO_LARGE)
        return refused(EMSGSIZE, "the result is too large for the host");
    if (status < 0)
        return refused(EACCES, "the host takes no result here");
    Py_RETURN_NONE;
}

/* The environment of this run as a list of (name, value), both bytes; the snapshot's own was frozen with it. */
static PyObject *guest_environ(PyObject *module, PyObject *unused)
{
    __wasilibc_initialize_environ();
    PyObject *list = PyList_New(0);
    for (char **entry = environ; list != NULL && entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL)
            continue;
        PyObject *pair = Py_BuildValue("(y#y)", *entry, (Py_ssize_t)(equals - *entry), equals + 1);
        if (pair == NULL || PyList_Append(list, pair) < 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

/*
 * Makes every object of a list immortal: its references are no longer counted, so that using it writes to no page of the
 * snapshot. Only for what lives as long as the instance, before the snapshot is taken.
 */
static PyObject *guest_immortal(PyObject *module, PyObject *list)
{
    if (!PyList_CheckExact(list)) {
        PyErr_SetString(PyExc_TypeError, "a list is needed");
        return NULL;
    }
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(list); index++)
        PyList_GET_ITEM(list, index)->ob_refcnt = _Py_IMMORTAL_REFCNT;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"send", guest_send, METH_O, "send(request: bytes) -> bytes\n\nAsk the host; OSError when it refuses to listen."},
    {"result", guest_result, METH_O, "result(frame: bytes)\n\nDeliver the result of this job."},
    {"_environ", guest_environ, METH_NOARGS, "The environment the host gave to this run."},
    {"_immortal", guest_immortal, METH_O, "Stop counting the references of these objects, before the snapshot."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_hyperspace", .m_doc = "The guest's one way to its host.", .m_size = 0,
    .m_methods = methods,
};

static PyObject *PyInit__hyperspace(void) { return PyModuleDef_Init(&definition); }

/* ---- while the snapshot is taken ------------------------------------------------------------------------------------ */

/*
 * Numbers of devices and inodes and times of files differ from machine to machine, and what was once in memory stays in
 * the snapshot, even when freed. The linker puts these in the place of the two calls (--wrap).
 */
static int initialising;

__wasi_errno_t __real___wasi_fd_filestat_get(__wasi_fd_t fd, __wasi_filestat_t *stat);
__wasi_errno_t __real___wasi_path_filestat_get(
    __wasi_fd_t fd, __wasi_lookupflags_t flags, const char *path, __wasi_filestat_t *stat);

static void leave_out_host_facts(__wasi_filestat_t *stat)
{
    if (initialising)
        *stat = (__wasi_filestat_t){.filetype = stat->filetype, .size = stat->size, .nlink = 1};
}

__wasi_errno_t __wrap___wasi_fd_filestat_get(__wasi_fd_t fd, __wasi_filestat_t *stat)
{
    __wasi_errno_t error = __real___wasi_fd_filestat_get(fd, stat);
    leave_out_host_facts(stat);
    return error;
}

__wasi_errno_t __wrap___wasi_path_filestat_get(
    __wasi_fd_t fd, __wasi_lookupflags_t flags, const char *path, __wasi_filestat_t *stat)
{
    __wasi_errno_t error = __real___wasi_path_filestat_get(fd, flags, path, stat);
    leave_out_host_facts(stat);
    return error;
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

static void require(PyStatus status)
{
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
}

static void configure(PyConfig *config)
{
    PyConfig_InitIsolatedConfig(config);
    config->use_hash_seed = 1; /* equal runs iterate equally */
    config->hash_seed = 0;
    config->site_import = 0;
    config->write_bytecode = 0;
    config->install_signal_handlers = 0;
    config->pathconfig_warnings = 0;
    config->buffered_stdio = 1;
    config->module_search_paths_set = 1;
    require(PyWideStringList_Append(&config->module_search_paths, STDLIB));
    require(PyConfig_SetString(config, &config->prefix, L"/usr"));
    require(PyConfig_SetString(config, &config->base_prefix, L"/usr"));
    require(PyConfig_SetString(config, &config->exec_prefix, L"/usr"));
    require(PyConfig_SetString(config, &config->base_exec_prefix, L"/usr"));
    require(PyConfig_SetString(config, &config->program_name, L"python3"));
    require(PyConfig_SetString(config, &config->executable, L""));
    require(PyConfig_SetString(config, &config->base_executable, L""));
    require(PyConfig_SetString(config, &config->stdlib_dir, L"/usr/lib"));
    require(PyConfig_SetString(config, &config->platlibdir, L"lib"));
    require(PyConfig_SetString(config, &config->stdio_encoding, L"utf-8"));
    require(PyConfig_SetString(config, &config->stdio_errors, L"backslashreplace"));
}

/* A failure here is a failure of the recipe, never of a guest: say it and stop the snapshot. */
static void must(const void *thing)
{
    if (thing == NULL) {
        PyErr_Print();
        abort();
    }
}

EXPORT("hyperspace_init") void hyperspace_init(void)
{
    initialising = 1;
    PyPreConfig preconfig;
    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    require(Py_PreInitialize(&preconfig));
    if (PyImport_AppendInittab("_hyperspace", PyInit__hyperspace) < 0)
        abort();
#ifdef HYPERSPACE_EXTENSIONS
    if (hyperspace_add_extensions() < 0)
        abort();
#endif
    PyConfig config;
    configure(&config);
    require(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);

    PyObject *code = Py_CompileString((const char *)bootstrap_source, "<hyperspace>", Py_file_input);
    must(code);
    PyObject *module = PyImport_ExecCodeModuleEx("_hyperspace_bootstrap", code, "<hyperspace>");
    must(module);
    Py_DECREF(code);
    run_function = PyObject_GetAttrString(module, "run");
    must(run_function);
    PyObject *done = PyObject_CallMethod(module, "settle", NULL);
    must(done);
    Py_DECREF(done);
    Py_DECREF(module);
    __wasilibc_reset_preopens();
    initialising = 0;
}

/* ---- contract ---------------------------------------------------------------------------------------------------- */

EXPORT("hyperspace_abi") int32_t hyperspace_abi(void) { return ABI_VERSION; }

EXPORT("hyperspace_alloc") void *hyperspace_alloc(int32_t len) { return len < 0 ? NULL : malloc(len ? (size_t)len : 1); }

/* When even the error could not be put into words: the plain frame for the exception that prevented it. */
static int32_t last_words(void)
{
    static const char memory[] =
        "{\"error\":{\"type\":\"MemoryError\",\"message\":\"\",\"traceback\":\"MemoryError\\n\",\"errno\":null}}";
    static const char recursion[] =
        "{\"error\":{\"type\":\"RecursionError\",\"message\":\"\",\"traceback\":\"RecursionError\\n\",\"errno\":null}}";
    int32_t status = -1;
    if (PyErr_ExceptionMatches(PyExc_MemoryError))
        status = hyperspace_door(DOOR_RESULT, memory, sizeof memory - 1);
    else if (PyErr_ExceptionMatches(PyExc_RecursionError))
        status = hyperspace_door(DOOR_RESULT, recursion, sizeof recursion - 1);
    if (status != 0) {
        PyErr_Print();
        return RUN_VIOLATED;
    }
    PyErr_Clear();
    return 1;
}

EXPORT("hyperspace_run") int32_t hyperspace_run(void *ptr, int32_t len)
{
    if (run_function == NULL || ptr == NULL || len < 0)
        return RUN_VIOLATED;
    PyObject *job = PyBytes_FromStringAndSize(ptr, len);
    free(ptr);
    if (job == NULL)
        return last_words();
    PyObject *answer = PyObject_CallOneArg(run_function, job);
    Py_DECREF(job);
    if (answer == NULL)
        return last_words();
    /* 0 and 1 and 2 are outcomes; 256 + code asks to leave as `exit(code)` does. */
    long status = PyLong_AsLong(answer);
    Py_DECREF(answer);
    if (status >= 256)
        _exit((int)(status & 0xff));
    return (int32_t)status;
}
