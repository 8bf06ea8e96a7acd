/** Image tokenizers: codes to pixels and back. */
@NullMarked
package org.sjd4j.vision;

import org.jspecify.annotations.NullMarked;
