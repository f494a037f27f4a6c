#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hyperspace_server::fuzzing::requests(data));
