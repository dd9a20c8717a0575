//! Sequences of words.

mod shapes;

use shapes::Shapes;

pub(crate) use shapes::Shape;

/// A sequence of words. Remembers the shapes of the objects in it, even after the words have been removed.
#[derive(Debug, Default)]
pub struct Words {
    pub(crate) list: Vec<i32>,
    pub(crate) shapes: Shapes,
}

impl Words {
    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn push(&mut self, word: i32) {
        self.list.push(word);
    }

    pub(crate) fn extend(&mut self, words: impl IntoIterator<Item = i32>) {
        self.list.extend(words);
    }

    /// Appends the number of bytes, and the bytes.
    pub(crate) fn push_text(&mut self, bytes: &[u8]) {
        self.push(bytes.len() as i32);
        self.push_bytes(bytes);
    }

    /// Appends bytes, four in each word.
    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) {
        self.extend(bytes.chunks(4).map(|chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            i32::from_le_bytes(word)
        }));
    }

    /// Appends the number of words that `write` appends, and these words.
    pub(crate) fn push_value(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.len();
        self.push(0);
        write(self);
        self.list[start] = (self.len() - start - 1) as i32;
    }
}
