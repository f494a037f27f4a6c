# T-CPU-19: loops while a class is made
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

class Meta(type):
    def __new__(cls, *args):
        while True: pass


class Made(metaclass=Meta): pass
