/** The family of the bundled model. */
@NullMarked
package org.sjd4j.family.raster;

import org.jspecify.annotations.NullMarked;
