/** Training of image tokenizers. */
@NullMarked
package org.sjd4j.training.tokenizer;

import org.jspecify.annotations.NullMarked;
