/** Tests of reading image files. */
@NullMarked
package org.sjd4j.image;

import org.jspecify.annotations.NullMarked;
