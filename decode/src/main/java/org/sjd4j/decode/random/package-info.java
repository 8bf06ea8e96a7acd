/** Random numbers that depend on seed, position and purpose alone. */
@NullMarked
package org.sjd4j.decode.random;

import org.jspecify.annotations.NullMarked;
