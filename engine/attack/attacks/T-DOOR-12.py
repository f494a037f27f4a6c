# T-DOOR-12: what is behind the door but not granted is nowhere in the guest
# held by: engine/eval/src/case_room.rs
# limits: fuel=5_000_000_000
# ends: completed
# prints: False

import gc, sys
frame = sys._getframe()
while frame.f_back: frame = frame.f_back
print('ROOD-EHT-DNIHEB-YRANAC'[::-1] in repr(frame.f_globals) + repr(frame.f_locals) + repr([x for x in gc.get_objects() if type(x) in (list, dict, tuple) and len(x) < 100])[:2_000_000])
