//! What every picture begins and ends with: its size, its language, its title said and written, a white ground.
//!
//! Invariant: a picture loads nothing and holds no script; its title is a text, in which no mark-up survives.

use super::bare;
use crate::texts::Language;

/// Returns the beginning of a picture: `size` is its width and height, `letters` the size of letters, `title` what it is
/// called and how far from the left that is written.
pub fn opened(size: (usize, usize), letters: usize, language: Language, title: (usize, &str)) -> String {
    let ((width, height), (left, title), language) = (size, title, language.tag());
    let title = bare(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" lang=\"{language}\" font-family=\"system-ui, sans-serif\" font-size=\"{letters}\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{left}\" y=\"32\" font-size=\"18\" font-weight=\"600\">{title}</text>\n"
    )
}

/// Returns a picture that is drawn.
pub fn closed(mut picture: String) -> String {
    picture.push_str("</svg>\n");
    picture
}
