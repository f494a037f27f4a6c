#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hyperspace_tools::fuzzing::shell_calls(data));
