# T-CPU-22: loops in the handler of a decoding error
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import codecs


def handler(error):
    return '', error.start


codecs.register_error('again', handler)
b'\xff'.decode('utf-8', 'again')
