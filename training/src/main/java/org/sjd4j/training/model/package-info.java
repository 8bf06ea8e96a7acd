/** Training of autoregressive models on the codes of an image tokenizer. */
@NullMarked
package org.sjd4j.training.model;

import org.jspecify.annotations.NullMarked;
