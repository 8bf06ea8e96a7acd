/** Trains image tokenizers, autoregressive models and denoising adapters. */
@NullMarked
package org.sjd4j.training;

import org.jspecify.annotations.NullMarked;
