/** Fine-tuning of models to read noisy token embeddings, as SJD2 needs it. */
@NullMarked
package org.sjd4j.training.denoising;

import org.jspecify.annotations.NullMarked;
