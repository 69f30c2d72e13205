package abi

import (
	"bytes"
	"fmt"
	"strings"
)

// header is nexus.h.
func (d *Description) header() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "/* %s */\n", notice)
	b.WriteString(headerIntro)
	fmt.Fprintf(&b, "#define NEXUS_ABI_VERSION %d\n#define NEXUS_VERSION %q\n", d.ABI, d.Version)
	b.WriteString("\n/* Limits. */\n")
	for _, c := range d.Constants {
		fmt.Fprintf(&b, "#define NEXUS_%s %d /* %s */\n", c.Name, c.Number, c.Doc)
	}
	b.WriteString("\n/* What a call came to: one closed set in every language. */\ntypedef int32_t nexus_status;\nenum {\n")
	for _, v := range d.Statuses {
		fmt.Fprintf(&b, "  NEXUS_%s = %d, /* %s */\n", v.Name, v.Number, v.Doc)
	}
	b.WriteString("};\n")
	for _, e := range d.Enums {
		fmt.Fprintf(&b, "\n/* %s */\nenum nexus_%s {\n", e.Doc, e.Name)
		for _, v := range e.Values {
			fmt.Fprintf(&b, "  NEXUS_%s_%s = %d, /* %s */\n", strings.ToUpper(e.Name), v.Name, v.Number, v.Doc)
		}
		b.WriteString("};\n")
	}
	b.WriteString("\n/* Bits of the members named flags. */\n")
	for _, e := range d.Flags {
		for _, v := range e.Values {
			fmt.Fprintf(&b, "#define NEXUS_%s_%s %du /* %s */\n", strings.ToUpper(e.Name), v.Name, v.Number, v.Doc)
		}
	}
	b.WriteString("\n/* Handles: plain values, checked at every call. {0} is none. A handle that was closed,\n   even twice, gives NEXUS_CLOSED; what never was one of its kind, NEXUS_INVALID. */\n")
	for _, h := range d.Handles {
		fmt.Fprintf(&b, "typedef struct nexus_%s { uint64_t v; } nexus_%s; /* %s */\n", h[0], h[0], h[1])
	}
	for _, s := range d.Structs {
		if s.Name == "embedder" {
			b.WriteString(callbackTypes)
		}
		s.write(&b)
	}
	d.writeFunctions(&b)
	b.WriteString(headerEnd)
	return b.Bytes()
}

func (s *Struct) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n%s", comment(s.Doc))
	fmt.Fprintf(b, "typedef struct nexus_%s {\n", s.Name)
	for _, f := range s.Fields {
		space := " "
		if strings.HasSuffix(f.Type, "*") {
			space = ""
		}
		doc := ""
		if f.Doc != "" {
			doc = " /* " + f.Doc + " */"
		}
		fmt.Fprintf(b, "  %s%s%s;%s\n", f.Type, space, f.Name, doc)
	}
	fmt.Fprintf(b, "} nexus_%s;\n", s.Name)
	if s.Size > 0 {
		fmt.Fprintf(b, "#define NEXUS_%s_SIZE_1 %d /* its size in the oldest ABI served */\n", strings.ToUpper(s.Name), s.Size)
	}
}

func (d *Description) writeFunctions(b *bytes.Buffer) {
	for _, f := range d.Functions {
		if f.Group != "" {
			fmt.Fprintf(b, "\n/* ---- %s ---- */\n", f.Group)
			continue
		}
		fmt.Fprintf(b, "\n%s", comment(f.Doc+" Any thread."))
		fmt.Fprintf(b, "NEXUS_API %s;\n", f.C)
	}
}

// comment wraps a text at 96 columns.
func comment(text string) string {
	var b strings.Builder
	line := "/*"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 96 {
			b.WriteString(line + "\n")
			line = "  "
		}
		line += " " + word
	}
	return b.String() + line + " */\n"
}

// loader is nexus_load.h.
func (d *Description) loader() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "/* %s */\n", notice)
	b.WriteString(loaderIntro)
	b.WriteString("typedef struct nexus_api {\n")
	for _, f := range d.Functions {
		if f.C != "" {
			fmt.Fprintf(&b, "  %s;\n", f.pointer())
		}
	}
	b.WriteString("} nexus_api;\n\nstatic const char *const nexus_api_names[] = {\n")
	for _, f := range d.Functions {
		if f.C != "" {
			fmt.Fprintf(&b, "  %q,\n", f.Name())
		}
	}
	b.WriteString("};\n")
	b.WriteString(loaderEnd)
	return b.Bytes()
}

// layoutProgram is a C program that prints the layout of every struct.
func (d *Description) layoutProgram() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "/* %s Prints every struct's layout. */\n#include <nexus.h>\n#include <stdio.h>\n\nint main(void) {\n", notice)
	for _, s := range d.Structs {
		fmt.Fprintf(&b, "  printf(\"nexus_%s %%zu\\n\", sizeof(nexus_%s));\n", s.Name, s.Name)
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "  printf(\"  %s %%zu %%zu\\n\", offsetof(nexus_%s, %s), sizeof(((nexus_%s *)0)->%s));\n", f.Bare(), s.Name, f.Bare(), s.Name, f.Bare())
		}
	}
	b.WriteString("  return 0;\n}\n")
	return b.Bytes()
}

const headerIntro = `/* Nexus: memory for AI applications, inside the application's process.

   nexus_db db;
   nexus_error error;
   error.struct_size = sizeof error;
   if (nexus_open(nexus_str("./nexus-data"), NULL, &db, &error) != NEXUS_OK) puts(error.message);

   Rules. Every function may be called from any thread, but for none from a signal handler.
   Structs that begin with struct_size grow at their end only: set it to sizeof, and zero what you
   do not give. Inputs are borrowed until the call returns and must not change until then. What a
   function gives is one arena, freed by nexus_free; on an error it gives nothing. A process that was
   forked after the library was loaded (a program linked with it loads it at its start) gets
   NEXUS_FORKED from every function that would need the library's threads; it may exec as it likes.
   The library cannot be unloaded: dlclose keeps it mapped. It installs handlers for SIGBUS, SIGFPE,
   SIGSEGV, SIGPIPE, SIGURG and signal 33 as Go does, and passes on what is not its own. */
#ifndef NEXUS_H
#define NEXUS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if !defined(NEXUS_API)
#define NEXUS_API extern
#endif

`

const callbackTypes = `
/* Fills rows, count x dim numbers; see nexus_embedder. */
typedef nexus_status (*nexus_embed_function)(void *context, const nexus_text *texts, size_t count,
                                             float *rows, char *message, size_t message_size);
typedef void (*nexus_release_function)(void *context);
`

const headerEnd = `
/* ---- Conveniences. ---- */

/* A NUL-terminated text as nexus_text; NULL is the empty text. */
static inline nexus_text nexus_str(const char *s) {
  nexus_text t;
  t.data = s;
  t.size = s ? strlen(s) : 0;
  return t;
}

/* Hit i of an answer, 0 <= i < hit_count. */
static inline const nexus_hit *nexus_answer_hit(const nexus_answer *answer, size_t i) {
  return (const nexus_hit *)(const void *)((const char *)answer->hits + i * answer->hit_size);
}

/* Engine i of an answer, 0 <= i < engine_count. */
static inline const nexus_engine_trace *nexus_answer_engine(const nexus_answer *answer, size_t i) {
  return (const nexus_engine_trace *)(const void *)((const char *)answer->engines + i * answer->engine_size);
}

/* Memory i of a list, 0 <= i < count. */
static inline const nexus_memory *nexus_memories_at(const nexus_memories *list, size_t i) {
  return (const nexus_memory *)(const void *)((const char *)list->items + i * list->memory_size);
}

/* Pattern i of a list, 0 <= i < count. */
static inline const nexus_pattern *nexus_patterns_at(const nexus_patterns *list, size_t i) {
  return (const nexus_pattern *)(const void *)((const char *)list->items + i * list->pattern_size);
}

/* Anomaly i of a list, 0 <= i < count. */
static inline const nexus_anomaly *nexus_anomalies_at(const nexus_anomalies *list, size_t i) {
  return (const nexus_anomaly *)(const void *)((const char *)list->items + i * list->anomaly_size);
}

#ifdef __cplusplus
}
#endif

#endif
`

const loaderIntro = `/* For extensions that load the library when it is first needed, not when they are imported:
   nexus_api is filled by nexus_api_load. Its members have the names of the functions. */
#ifndef NEXUS_LOAD_H
#define NEXUS_LOAD_H

#include <dlfcn.h>
#include <nexus.h>

`

const loaderEnd = `
/* Fills api from the library at path. Returns NULL, or what is wrong as a static or
   dlerror's text. The library stays loaded for the life of the process. */
static inline const char *nexus_api_load(nexus_api *api, const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void **slots = (void **)(void *)api;
  size_t i;
  if (!library) return dlerror();
  for (i = 0; i < sizeof nexus_api_names / sizeof *nexus_api_names; i++) {
    slots[i] = dlsym(library, nexus_api_names[i]);
    if (!slots[i]) return nexus_api_names[i];
  }
  if (api->nexus_abi_oldest() > NEXUS_ABI_VERSION || api->nexus_abi_version() < NEXUS_ABI_VERSION)
    return "the library is of another ABI version";
  return NULL;
}

#endif
`
