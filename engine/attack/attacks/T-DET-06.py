# T-DET-06: floating point to the last bit
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: -0x1.b453ab76bf397p-1 0x1.1ed3fe64fc541p+2 0x1.dac93f32d18ddp+4 0x1.3333333333334p-2 0x1.3ddb1cd05efe3p+10 0x1.0000000000000p+0

import math
print(math.sin(1e22).hex(), math.exp(1.5).hex(), math.pow(2.5, 3.7).hex(), (0.1 + 0.2).hex(), math.gamma(7.3).hex(), math.fsum([0.1] * 10).hex())
