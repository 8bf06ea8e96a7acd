/** Janus-Pro. */
@NullMarked
package org.sjd4j.family.janus;

import org.jspecify.annotations.NullMarked;
