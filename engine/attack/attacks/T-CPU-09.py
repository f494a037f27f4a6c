# T-CPU-09: objects that all have the same hash
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

class Same:
    def __hash__(self):
        return 1

    def __eq__(self, other):
        return self is other


table = {Same(): None for _ in range(100_000)}
