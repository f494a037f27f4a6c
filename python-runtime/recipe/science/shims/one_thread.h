// What C++ code says of threads, for a guest that has one: libc++ is built without any of it. Locks are free, who waits for what can
// never happen ends the guest, and so does who starts a thread (libraries here are told that there is one processor).
#pragma once
#include <__mutex/lock_guard.h>
#include <__mutex/tag_types.h>
#include <cstdlib>

namespace std {

class mutex {
public:
    constexpr mutex() noexcept = default;
    mutex(const mutex &) = delete;
    mutex &operator=(const mutex &) = delete;
    void lock() {}
    bool try_lock() { return true; }
    void unlock() {}
};

class recursive_mutex : public mutex {};

template <class... Mutexes>
class scoped_lock {
public:
    explicit scoped_lock(Mutexes &...) {}
    ~scoped_lock() {}
};

template <class... Mutexes>
void lock(Mutexes &...)
{
}

// -1: all of them are held now.
template <class... Mutexes>
int try_lock(Mutexes &...)
{
    return -1;
}

template <class Mutex>
class unique_lock {
    bool owns = false;

public:
    using mutex_type = Mutex;
    unique_lock() = default;
    explicit unique_lock(Mutex &) : owns(true) {}
    unique_lock(Mutex &, defer_lock_t) {}
    unique_lock(Mutex &, adopt_lock_t) : owns(true) {}
    void lock() { owns = true; }
    bool try_lock() { return owns = true; }
    void unlock() { owns = false; }
    bool owns_lock() const { return owns; }
    explicit operator bool() const { return owns; }
};

class condition_variable {
public:
    void notify_one() {}
    void notify_all() {}
    template <class Lock>
    void wait(Lock &)
    {
        abort();
    }
    template <class Lock, class Predicate>
    void wait(Lock &, Predicate ready)
    {
        if (!ready())
            abort();
    }
};

class thread {
public:
    class id {
    public:
        friend bool operator==(id, id) { return true; }
        friend bool operator!=(id, id) { return false; }
    };
    thread() = default;
    template <class Function, class... Arguments>
    explicit thread(Function &&, Arguments &&...)
    {
        abort();
    }
    static unsigned hardware_concurrency() { return 1; }
    bool joinable() const { return false; }
    void join() {}
    void detach() {}
    id get_id() const { return {}; }
};

namespace this_thread {
inline void yield() {}
inline thread::id get_id() { return {}; }
template <class Duration>
void sleep_for(const Duration &)
{
}
} // namespace this_thread

} // namespace std
