/** The transformer block that all families share, its weights, caches and adapters. */
@NullMarked
package org.sjd4j.llama;

import org.jspecify.annotations.NullMarked;
