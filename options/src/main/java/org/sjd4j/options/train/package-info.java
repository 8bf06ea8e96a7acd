/** The commands that train, for one process and for several that train together. */
@NullMarked
package org.sjd4j.options.train;

import org.jspecify.annotations.NullMarked;
