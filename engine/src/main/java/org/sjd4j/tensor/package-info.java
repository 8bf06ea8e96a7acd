/** The seam to LibTorch: scopes, threads, dtypes, safetensors and path-scoped weights. */
@NullMarked
package org.sjd4j.tensor;

import org.jspecify.annotations.NullMarked;
