// How the program's malloc (jemalloc) is set up; it finds this variable by its name.

/// What is free goes back to the system within some seconds, by a thread of its own: nobody may
/// allocate or free for hours after a burst.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,max_background_threads:1,dirty_decay_ms:3000,muzzy_decay_ms:0";
}
