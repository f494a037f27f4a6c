//! Inputs of the kernel: a tree, a batch of indices and values, their positions in memory, and the results by definition.

use super::super::keyed_numbers::KeyedNumbers;

/// Number of words before the tree: rounds, nodes, batch, height, and the addresses of tree, indices, values and free memory.
const HEADER: usize = 8;
/// Values and nodes are below this number.
const VALUE_END: u64 = 1 << 30;

/// Sizes of the inputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct KernelSizes {
    /// Number of levels of the tree below its root.
    pub(super) height: u32,
    /// Number of elements in a batch.
    pub(super) batch: usize,
    /// Number of rounds of each element.
    pub(super) rounds: usize,
}

/// One input.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    kernel: KernelSizes,
    tree: Vec<u32>,
    values: Vec<u32>,
}

/// The six stages of the hash: a = (a op1 constant) op2 (a op3 shift).
const STAGES: [(char, u32, char, char, u32); 6] = [
    ('+', 0x7ED5_5D16, '+', '<', 12),
    ('^', 0xC761_C23C, '^', '>', 19),
    ('+', 0x1656_67B1, '+', '<', 5),
    ('+', 0xD3A2_646C, '^', '<', 9),
    ('+', 0xFD70_46C5, '+', '<', 3),
    ('^', 0xB55A_4F09, '^', '>', 16),
];

/// Returns the hash of a word.
pub(super) fn hash(word: u32) -> u32 {
    let apply = |op, a: u32, b: u32| match op {
        '+' => a.wrapping_add(b),
        '^' => a ^ b,
        '<' => a << b,
        _ => a >> b,
    };
    STAGES.iter().fold(word, |a, (op1, constant, op2, op3, shift)| {
        apply(*op2, apply(*op1, a, *constant), apply(*op3, a, *shift))
    })
}

impl Inputs {
    /// Draws an input; `key` is the digest of the program.
    pub(super) fn draw(kernel: KernelSizes, key: &[u8], run: u64) -> Self {
        let mut stream = KeyedNumbers::new("vliw-kernel", &[key, &run.to_le_bytes()].concat());
        let mut words = |count: usize| {
            (0..count).map(|_| u32::try_from(stream.below(VALUE_END)).unwrap_or(0)).collect::<Vec<_>>()
        };
        let tree = words((1 << (kernel.height + 1)) - 1);
        Self { kernel, tree, values: words(kernel.batch) }
    }

    /// Returns the address of the values.
    pub(super) fn values_at(&self) -> usize {
        HEADER + self.tree.len() + self.values.len()
    }

    /// Returns the memory at the start: header, tree, indices (all zero), values, and free space as large as tree and batch.
    pub(super) fn memory(&self) -> Vec<u32> {
        let (tree, batch) = (self.tree.len(), self.values.len());
        let free = self.values_at() + batch;
        let header = [
            self.kernel.rounds,
            tree,
            batch,
            self.kernel.height as usize,
            HEADER,
            HEADER + tree,
            self.values_at(),
            free,
        ];
        let mut memory: Vec<u32> =
            header.iter().map(|word| u32::try_from(*word).unwrap_or(u32::MAX)).collect();
        memory.extend(&self.tree);
        memory.resize(self.values_at(), 0);
        memory.extend(&self.values);
        memory.resize(free + tree + 2 * batch + 64, 0);
        memory
    }

    /// Returns the values after all rounds.
    pub(super) fn results(&self) -> Vec<u32> {
        self.values.iter().map(|value| self.walk(*value)).collect()
    }

    fn walk(&self, mut value: u32) -> u32 {
        let mut index = 0;
        for _ in 0..self.kernel.rounds {
            value = hash(value ^ self.tree[index]);
            index = 2 * index + 1 + (value % 2) as usize;
            if index >= self.tree.len() {
                index = 0;
            }
        }
        value
    }
}
