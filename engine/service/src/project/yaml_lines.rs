//! Lines of YAML, with those of block texts told apart from the rest.

use std::iter::Enumerate;
use std::str::Lines;

/// A line of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct YamlLine<'a> {
    /// Its number, counted from 1.
    pub(super) number: usize,
    /// The white space before its content.
    pub(super) indentation: &'a str,
    /// Its content without the white space around it.
    pub(super) content: &'a str,
    /// True if it belongs to a block text.
    pub(super) is_of_block: bool,
}

impl YamlLine<'_> {
    /// Returns the column of its content.
    pub(super) fn indent(&self) -> usize {
        self.indentation.len()
    }
}

/// Walks through the lines of a text. Its user says where block texts begin.
#[derive(Debug, Clone)]
pub(super) struct YamlLines<'a> {
    lines: Enumerate<Lines<'a>>,
    /// The column of the key whose block text is being read.
    block: Option<usize>,
}

impl<'a> YamlLines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { lines: text.lines().enumerate(), block: None }
    }

    /// Begins the block text of a key in this column: all further lines that are empty or further to the right.
    pub(super) fn begin_block(&mut self, indent: usize) {
        self.block = Some(indent);
    }
}

impl<'a> Iterator for YamlLines<'a> {
    type Item = YamlLine<'a>;

    fn next(&mut self) -> Option<YamlLine<'a>> {
        let (index, line) = self.lines.next()?;
        let (indentation, content) = line.split_at(line.len() - line.trim_start().len());
        let is_of_block = self.block.is_some_and(|base| content.is_empty() || indentation.len() > base);
        if !is_of_block {
            self.block = None;
        }
        Some(YamlLine { number: index + 1, indentation, content: content.trim_end(), is_of_block })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_with_the_first_line_that_is_not_further_to_the_right() {
        let mut lines = YamlLines::new("a: |\n  b: 1 \n\n \tc\nd: >\ne\n");
        let (mut of_block, mut contents) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next() {
            if line.content.ends_with(['|', '>']) {
                lines.begin_block(line.indent());
            }
            contents.push(line.content);
            of_block.extend(line.is_of_block.then_some(line.number));
        }
        assert_eq!((of_block, contents), (vec![2, 3, 4], vec!["a: |", "b: 1", "", "c", "d: >", "e"]));
    }
}
