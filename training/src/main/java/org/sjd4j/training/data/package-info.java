/** Captioned images to learn from: the emoji sets that come as a Maven artifact, or a folder of one's own. */
@NullMarked
package org.sjd4j.training.data;

import org.jspecify.annotations.NullMarked;
