#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hyperspace_sandbox::fuzzing::file_calls(data));
