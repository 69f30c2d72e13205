/* unload FOLDER LIBRARY: dlclose leaves the library mapped and working. */
#include "hazard.h"
#include <nexus_load.h>

int main(int argc, char **argv) {
  void *library = argc == 3 ? dlopen(argv[2], RTLD_NOW | RTLD_LOCAL) : NULL;
  nexus_status (*open_store)(nexus_text, const nexus_open_options *, nexus_db *, nexus_error *);
  nexus_status (*close_store)(nexus_db, nexus_error *);
  nexus_db db = {0};
  if (!library) return 2;
  *(void **)&open_store = dlsym(library, "nexus_open");
  *(void **)&close_store = dlsym(library, "nexus_close");
  EXPECT(open_store(inside(argv[1], "store"), NULL, &db, NULL) == NEXUS_OK);
  EXPECT(dlclose(library) == 0);
  EXPECT(close_store(db, NULL) == NEXUS_OK);
  EXPECT(open_store(inside(argv[1], "store"), NULL, &db, NULL) == NEXUS_OK && close_store(db, NULL) == NEXUS_OK);
  library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
  EXPECT(library && dlsym(library, "nexus_open") == *(void **)&open_store);
  return verdict();
}
