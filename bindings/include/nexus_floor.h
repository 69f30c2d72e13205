/* Included before every C file of libnexus and of the Python and Node extensions: binds what glibc
   2.32 and 2.34 moved from libpthread and libdl into libc under the versions that they always had,
   so that they load with glibc from 2.17 on. Newer ones keep these versions. Not for programs. */
#if defined(__linux__) && !defined(__ASSEMBLER__)
#if defined(__x86_64__)
#define NXS_BIND(name) __asm__(".symver " #name "," #name "@GLIBC_2.2.5")
#elif defined(__aarch64__)
#define NXS_BIND(name) __asm__(".symver " #name "," #name "@GLIBC_2.17")
#endif
#ifdef NXS_BIND
NXS_BIND(dlerror);
NXS_BIND(dlopen);
NXS_BIND(dlsym);
NXS_BIND(pthread_attr_getstack);
NXS_BIND(pthread_attr_getstacksize);
NXS_BIND(pthread_create);
NXS_BIND(pthread_getattr_np);
NXS_BIND(pthread_join);
NXS_BIND(pthread_key_create);
NXS_BIND(pthread_setspecific);
NXS_BIND(pthread_sigmask);
#undef NXS_BIND
#endif
#endif
