namespace DistTrain.Page.Data;

/// <summary>Of steps in a row what a smoothed line goes by: extremes alone would draw it wrong.</summary>
internal sealed class Means
{
    private readonly double?[] _told = new double?[StepPoint.Told.Count];
    private long _examples;
    private double _norms;
    private int _normed;
    private long _taken;
    private double _milliseconds;
    private double _computing;
    private int _steps = 1;

    /// <param name="point">One step alone.</param>
    public Means(StepPoint point)
    {
        var metrics = point.Metrics;
        Last = point;
        (_taken, _milliseconds, _computing) = (metrics.Examples, metrics.Milliseconds, metrics.ComputeMilliseconds);
        // The loss of a skipped step may be no number, and is none that training went by.
        if (metrics.Skipped.Length == 0 && double.IsFinite(metrics.Loss))
            (_told, _examples) = ([.. StepPoint.Told.Select(told => told(point) * metrics.Examples)], metrics.Examples);
        if (metrics.HasGradientNorm && double.IsFinite(metrics.GradientNorm))
            (_norms, _normed) = (metrics.GradientNorm, 1);
    }

    /// <summary>The last of them.</summary>
    public StepPoint Last { get; private set; }

    /// <summary>Mean over their examples; null where no step made an update.</summary>
    public double? Loss => _told[0] / _examples;

    /// <summary>The same, and null where the task does not tell it; as the next three.</summary>
    public double? Accuracy => _told[1] / _examples;

    /// <inheritdoc cref="Accuracy"/>
    public double? R2 => _told[2] / _examples;

    /// <inheritdoc cref="Accuracy"/>
    public double? Mae => _told[3] / _examples;

    /// <inheritdoc cref="Accuracy"/>
    public double? TopAccuracy => _told[4] / _examples;

    /// <summary>Mean over those that have one.</summary>
    public double? GradientNorm => _normed == 0 ? null : _norms / _normed;

    /// <summary>All their examples over all their time; null where none was measured.</summary>
    public double? ImagesPerSecond => _milliseconds > 0 ? _taken * 1000 / _milliseconds : null;

    /// <summary>Mean over the steps.</summary>
    public double Milliseconds => _milliseconds / _steps;

    /// <summary>The same, of the slowest rank's forward and backward.</summary>
    public double ComputeMilliseconds => _computing / _steps;

    public static Means Merge(Means earlier, Means later)
    {
        earlier.Last = later.Last;
        for (var i = 0; i < earlier._told.Length; i++)
            earlier._told[i] = earlier._told[i] + later._told[i] ?? earlier._told[i] ?? later._told[i];
        earlier._examples += later._examples;
        earlier._norms += later._norms;
        earlier._normed += later._normed;
        earlier._taken += later._taken;
        earlier._milliseconds += later._milliseconds;
        earlier._computing += later._computing;
        earlier._steps += later._steps;
        return earlier;
    }
}
