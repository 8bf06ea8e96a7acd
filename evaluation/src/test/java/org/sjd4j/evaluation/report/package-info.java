@NullMarked
package org.sjd4j.evaluation.report;

import org.jspecify.annotations.NullMarked;
