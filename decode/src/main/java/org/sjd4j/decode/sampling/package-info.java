/** From logits to the distribution that tokens are sampled from. */
@NullMarked
package org.sjd4j.decode.sampling;

import org.jspecify.annotations.NullMarked;
