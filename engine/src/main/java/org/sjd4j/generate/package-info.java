/** Sessions: forward passes of one image, or of several together. */
@NullMarked
package org.sjd4j.generate;

import org.jspecify.annotations.NullMarked;
