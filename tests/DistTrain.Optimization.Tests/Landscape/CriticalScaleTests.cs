using CsCheck;
using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class CriticalScaleTests
{
    /// <summary>On a quadratic with w ← w − η g, L(s) − L(0) = −s η g² + s² η² λ g² / 2, which is 0 again at s = 2 / (η λ): λ_c = λ, the curvature along the step.</summary>
    [Fact]
    public void On_a_quadratic_the_bracket_holds_the_curvature_along_the_step() =>
        Gen.Select(Gen.Double[1e-3, 1], Gen.Double[1e-2, 1e2]).Sample((rate, curvature) =>
        {
            var search = Search(s => (-s * rate) + (s * s * rate * rate * curvature / 2), guess: 1);
            var critical = 2 / (rate * curvature);
            Assert.True(search.Passes <= CriticalScale.MostPasses);
            Assert.True(search.Low <= critical * (1 + 1e-9) && critical * (1 - 1e-9) <= search.High, $"{critical} is not in [{search.Low}, {search.High}]");
            // From a guess that is near, the bracket is narrow: that is how a run's second probe begins.
            var again = Search(s => (-s * rate) + (s * s * rate * rate * curvature / 2), guess: critical * 1.1);
            Assert.InRange(again.Scale!.Value, critical / 1.1, critical * 1.1);
        });

    [Fact]
    public void Each_pass_by_hand()
    {
        // Rises above L(0) = 5 behind s = 3.
        var asked = new List<double>();
        var search = Search(s => { asked.Add(s); return s <= 3 ? 5 - (s > 0 ? 1 : 0) : 6; }, guess: 1);
        Assert.Equal([0, 1, 2, 4, Math.Sqrt(8), Math.Sqrt(Math.Sqrt(8) * 4), Math.Sqrt(Math.Sqrt(8) * Math.Sqrt(Math.Sqrt(8) * 4))], asked);
        Assert.Equal((5, 7), (search.LossBefore, search.Passes));
        Assert.True(search.Low <= 3 && 3 < search.High);
    }

    [Fact]
    public void A_loss_that_never_rises_and_one_that_always_does_leave_the_bracket_open()
    {
        var falling = Search(s => -s, guess: 1);
        Assert.Equal((32, double.PositiveInfinity, null), (falling.Low, falling.High, falling.Scale));
        var rising = Search(s => s, guess: 1);
        Assert.Equal((0, 1 / 32.0, null), (rising.Low, rising.High, rising.Scale));
        var broken = Search(_ => double.NaN, guess: 1);
        Assert.Equal((1, null), (broken.Passes, broken.Scale));
    }

    private static CriticalScale Search(Func<double, double> loss, double guess)
    {
        var search = new CriticalScale(guess);
        while (!search.IsDone)
            search.Take(loss(search.Next));
        return search;
    }
}
