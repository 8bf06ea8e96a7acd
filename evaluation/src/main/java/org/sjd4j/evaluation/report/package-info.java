/** Reports: one HTML file each, with plots and images, that needs no network, no script and no font. */
@NullMarked
package org.sjd4j.evaluation.report;

import org.jspecify.annotations.NullMarked;
