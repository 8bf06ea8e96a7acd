/** LlamaGen with its T5 text encoder. */
@NullMarked
package org.sjd4j.family.llamagen;

import org.jspecify.annotations.NullMarked;
