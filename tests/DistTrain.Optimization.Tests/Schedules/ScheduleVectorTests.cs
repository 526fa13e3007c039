using System.Text.Json;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Optimization.Tests.Schedules;

/// <summary>Every case of <c>schedules.json</c> by its name: rates computed by PyTorch or by the formula that the file states.</summary>
[Trait("Kind", "Fast")]
public sealed class ScheduleVectorTests
{
    private static readonly JsonElement File = Vectors.Read("schedules.json").RootElement;

    public static TheoryData<string> Cases => [.. File.GetProperty("lr").EnumerateObject().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rates_agree(string name)
    {
        var rates = File.GetProperty("lr").GetProperty(name);
        var total = File.GetProperty("total").GetInt64();
        var rate = File.GetProperty("base").GetDouble();
        var (schedule, options) = ScheduleVectorCase.Options(
            name, rates.GetProperty("rule").GetString()!, rate, File.GetProperty("warmup").GetDouble());
        foreach (var unit in (string[])["steps", "epochs"])
        {
            // A step is an epoch here, so both units must give the same.
            var created = AnySchedule.Create(schedule, AnySchedule.In(unit, options));
            foreach (var (t, expected) in File.GetProperty("t").Numbers().Zip(rates.GetProperty("lr").Numbers()))
            {
                var computed = rate * created.Factor(new ScheduleTime((long)t, t, 1, total, total));
                Assert.True(
                    Math.Abs(computed - expected) <= (1e-12 * Math.Abs(expected)) + 1e-16,
                    $"{name} in {unit}: at t = {t} expected {expected:R}, computed {computed:R}");
            }
        }
    }

    [Fact]
    public void A_case_that_nothing_implements_is_a_failure() =>
        Assert.Contains("no schedule implements the case 'sawtooth_3'", Assert.ThrowsAny<Exception>(() => ScheduleVectorCase.Options("sawtooth_3", "", 1, 1)).Message, StringComparison.Ordinal);
}
