/*
 * The plugin is loaded by the Fluent Bit of its user, whose C library may be older than that of the machine that builds
 * it. glibc 2.34 moved threads, the dynamic loader and the resolver into libc.so and gave their functions a new version,
 * which a linker prefers and an older glibc does not have. Their interface did not change, and glibc keeps the old
 * versions: this header, which the Makefile includes into every C file of the plugin, names those. The Makefile also
 * links the libraries in which an older glibc has them.
 *
 * "make dist" fails if the plugin needs a newer glibc than packaging/glibc.go says.
 */
#if defined(__linux__) && !defined(__ASSEMBLER__)

#if defined(__x86_64__)
#define SLUICE_BASE "GLIBC_2.2.5"
#define SLUICE_GETNAME "GLIBC_2.12"
#elif defined(__aarch64__)
#define SLUICE_BASE "GLIBC_2.17"
#define SLUICE_GETNAME "GLIBC_2.17"
#endif

#ifdef SLUICE_BASE
#define SLUICE_BIND(name, old, version) __asm__(".symver " #name ", " #old "@" version);
SLUICE_BIND(dlsym, dlsym, SLUICE_BASE)
SLUICE_BIND(pthread_attr_getstack, pthread_attr_getstack, SLUICE_BASE)
SLUICE_BIND(pthread_attr_getstacksize, pthread_attr_getstacksize, SLUICE_BASE)
SLUICE_BIND(pthread_attr_setstacksize, pthread_attr_setstacksize, SLUICE_BASE)
SLUICE_BIND(pthread_create, pthread_create, SLUICE_BASE)
SLUICE_BIND(pthread_detach, pthread_detach, SLUICE_BASE)
SLUICE_BIND(pthread_getattr_np, pthread_getattr_np, SLUICE_BASE)
SLUICE_BIND(pthread_getname_np, pthread_getname_np, SLUICE_GETNAME)
SLUICE_BIND(pthread_getspecific, pthread_getspecific, SLUICE_BASE)
SLUICE_BIND(pthread_key_create, pthread_key_create, SLUICE_BASE)
SLUICE_BIND(pthread_once, pthread_once, SLUICE_BASE)
SLUICE_BIND(pthread_setspecific, pthread_setspecific, SLUICE_BASE)
SLUICE_BIND(pthread_sigmask, pthread_sigmask, SLUICE_BASE)
SLUICE_BIND(res_search, __res_search, SLUICE_BASE)
#endif

#endif
