//! C programs use the library as its users do. Each runs as it is, under Valgrind, and with the sanitizers for
//! addresses, leaks and undefined behaviour.

mod build;

use std::path::PathBuf;
use std::process::Command;

use build::{SANITIZED, compiled, prefix, run, valgrind};

fn passes(program: &str) {
    run(&mut Command::new(compiled(program, "", &[])));
    passes_valgrind(program, &[]);
    passes_sanitizers(program);
}

fn passes_valgrind(program: &str, arguments: &[&str]) {
    let arguments: Vec<PathBuf> = arguments.iter().map(PathBuf::from).collect();
    valgrind(&compiled(program, "", &[]), &arguments);
}

fn passes_sanitizers(program: &str) {
    run(Command::new(compiled(program, "-sanitized", &SANITIZED)).env("ASAN_OPTIONS", "detect_leaks=1"));
}

#[test]
fn values_make_the_round_trip() {
    passes("round_trip");
}

#[test]
fn structs_of_other_headers_are_read_as_far_as_both_know_them() {
    passes("growth");
}

#[test]
fn mistakes_are_errors_that_say_what_to_do() {
    passes("mistakes");
}

#[test]
fn memory_of_the_host_is_wrapped_and_given_back_once() {
    passes("host_memory");
}

#[test]
fn nodes_of_the_host_take_part() {
    passes("host_nodes");
}

#[test]
fn a_status_that_a_callback_may_not_return_is_an_error_of_the_node() {
    passes("statuses");
}

#[test]
fn node_types_are_told() {
    passes("node_list");
}

#[test]
fn nodes_that_fail_say_why_in_one_line() {
    passes("failures");
}

#[test]
fn listeners_hear_every_packet_and_the_end() {
    passes("listeners");
}

#[test]
fn the_log_is_told_to_the_host() {
    passes("logging");
}

#[test]
fn what_is_released_under_a_call_ends_the_call() {
    passes("released");
}

#[test]
fn the_environment_says_nothing_about_threads() {
    run(Command::new(compiled("round_trip", "", &[])).env("RUST_MIN_STACK", "1000000000000000"));
}

#[test]
fn who_would_wait_is_woken() {
    passes("wakers");
}

#[test]
fn calls_that_would_wait_inside_a_callback_are_refused() {
    passes("reentry");
}

#[test]
fn a_thousand_lives_leave_nothing_behind() {
    run(&mut Command::new(compiled("lifetimes", "", &[])));
    passes_valgrind("lifetimes", &["30"]);
    passes_sanitizers("lifetimes");
}

#[test]
fn a_host_that_does_nothing_right_gets_errors() {
    passes_sanitizers("wrong_calls");
    passes_valgrind("wrong_calls", &["1", "3"]);
}

#[test]
fn threads_that_do_nothing_right_with_the_same_handles_get_errors() {
    let shared = |program: PathBuf, sequences: &str| {
        run(Command::new(program).args(["shared", "1", sequences]).env("ASAN_OPTIONS", "detect_leaks=1"));
    };
    shared(compiled("wrong_calls", "", &[]), "50");
    shared(compiled("wrong_calls", "-sanitized", &SANITIZED), "50");
    passes_valgrind("wrong_calls", &["shared", "1", "1"]);
}

#[test]
fn two_copies_in_one_process_know_nothing_of_each_other() {
    let library = prefix().join("lib/libremotemedia.so");
    let copy = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("libcopy.so");
    std::fs::copy(&library, &copy).expect("the library can be copied");
    run(Command::new(compiled("two_copies", "", &["-ldl"])).args([&library, &copy]));
}

#[test]
fn the_library_is_a_guest_that_is_not_heard() {
    run(&mut Command::new(compiled("manners", "", &["-rdynamic"])));
}

#[test]
fn a_machine_without_threads_to_give_is_an_error() {
    run(&mut Command::new(compiled("exhausted", "", &[])));
}

#[test]
fn a_build_without_python_says_so() {
    passes("without_python");
}
