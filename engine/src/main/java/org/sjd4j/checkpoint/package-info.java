/** Checkpoint files: safetensors, PyTorch files, their configurations, and the Hugging Face cache. */
@NullMarked
package org.sjd4j.checkpoint;

import org.jspecify.annotations.NullMarked;
