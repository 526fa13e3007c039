using System.Diagnostics.Metrics;
using System.Reflection;

namespace DistTrain.Observability.Tests;

[Trait("Kind", "Fast")]
public class TrainingMeterTests
{
    private static readonly List<Instrument> _instruments =
        [.. typeof(TrainingMeter).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)).OfType<Instrument>()];

    [Fact]
    public void Every_instrument_is_of_the_meter_and_says_what_it_is()
    {
        Assert.NotEmpty(_instruments);
        Assert.All(_instruments, instrument =>
        {
            Assert.Equal(TrainingMeter.Name, instrument.Meter.Name);
            Assert.StartsWith("disttrain.", instrument.Name, StringComparison.Ordinal);
            Assert.EndsWith(".", instrument.Description, StringComparison.Ordinal);
        });
        Assert.Equal(_instruments.Count, _instruments.Select(i => i.Name).Distinct().Count());
    }

    [Fact]
    public void Durations_are_in_seconds() => Assert.All(
        _instruments, instrument => Assert.Equal(instrument.Name.EndsWith(".duration", StringComparison.Ordinal), instrument.Unit == "s"));

    [Fact]
    public void A_measurement_names_its_job()
    {
        List<(long Value, string? Job)> seen = [];
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => seen.Add((value, (string?)Assert.Single(tags.ToArray(), tag => tag.Key == "job").Value)));
        listener.EnableMeasurementEvents(TrainingMeter.Recoveries);
        listener.Start();
        TrainingMeter.Recoveries.Add(2, TrainingMeter.Job("mnist"));
        Assert.Equal([(2, "mnist")], seen);
    }
}
