using System.Globalization;

namespace DistTrain.Cli.Reports;

/// <summary>Says how far the reading of long histories is, every two seconds; short ones are read before there is anything to say.</summary>
/// <param name="error">Takes lines.</param>
/// <param name="clock">Measures pauses.</param>
internal sealed class ReadingProgress(TextWriter error, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private long _said = clock.GetTimestamp();

    /// <summary>So much of a run is read.</summary>
    /// <param name="run">Its folder, as the user gave it.</param>
    /// <param name="share">0..1.</param>
    public void Tell(string run, double share)
    {
        if (clock.GetElapsedTime(_said) < Pause)
            return;
        _said = clock.GetTimestamp();
        error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run}: {share:P0} of its history is read; what it comes to is kept for the next time"));
    }
}
