// What cannot be written of processes: each line that does not compile says why.
#include <grove/otp/gen_server.h>
#include <grove/runtime/process.h>
#include <grove/runtime/timers.h>

#include <string>

using namespace grove;

Task<> countTo(int) {
    co_return;
}

// P-013 what does not exist is not called
void runsWhatDoesNotExist() {
    // expected-error@+1 {{use of undeclared identifier 'countFrom'}}
    spawn(countFrom, 10);
}

// P-014 nor with other arguments than it takes
void runsWithoutItsArgument() {
    // expected-error@*:* {{no type named 'type' in 'std::invoke_result<grove::Task<> (&)(int)>'}}
    // expected-error@*:* {{a process's function returns Task<>}}
    // expected-error@*:* {{too few arguments to function call, expected 1, have 0}}
    spawn(countTo);
}

// P-022 only processes and names are sent to
void sendsToANumber() {
    // expected-error@+1 {{no matching function for call to 'send'}}
    send(7, "hello"_atom);
}

// L-018 only processes and names are watched
void watchesANumber() {
    // expected-error@+1 {{no matching function for call to 'monitor'}}
    (void)monitor(7);
}

// A name is an atom
void registersANumber() {
    // expected-error@+1 {{no matching function for call to 'registerName'}}
    (void)registerName(7, self());
}

// N-014 a server's name is an atom or a key of a registry
void namesWithANumber() {
    // expected-error@+1 {{no matching conversion for functional-style cast from 'double'}}
    (void)otp::ServerName(7.5);
}

// N-009 and no text that only the running program knows
void namesWithAText(const Term& text) {
    // expected-error@+1 {{no matching conversion for functional-style cast from 'const Term'}}
    (void)otp::ServerName(text);
}

// P-039 an option that is none
void spawnsWithUnknownOptions() {
    // expected-error@+1 {{field designator 'colour' does not refer to any field in type}}
    (void)spawnRequest(SpawnReply::Yes, SpawnOptions{.colour = 7}, countTo, 10);
}
