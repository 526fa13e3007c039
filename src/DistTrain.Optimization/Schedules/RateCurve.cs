using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// The learning rate of each step of a job, as a pure function: the server that takes the steps and whoever shows the rates
/// beforehand ask the same one.
/// </summary>
public sealed class RateCurve
{
    private readonly ISchedule _schedule;
    private readonly double _rate;
    private readonly Func<int, int> _batch;
    private readonly int _datasetSize;

    /// <param name="schedule">The factors, warm-up included.</param>
    /// <param name="rate">The rate that they multiply.</param>
    /// <param name="batch">Examples in a full step.</param>
    /// <param name="datasetSize">Examples in the training set.</param>
    /// <param name="epochs">Length of the job in epochs, or null.</param>
    /// <param name="steps">Length in steps; null when <paramref name="epochs"/> is given.</param>
    public RateCurve(ISchedule schedule, double rate, int batch, int datasetSize, int? epochs, long? steps)
    {
        (_schedule, _rate, _batch, _datasetSize) = (schedule, rate, _ => batch, datasetSize);
        (TotalSteps, TotalEpochs) = JobLength.Of(epochs, steps, batch, datasetSize);
    }

    /// <summary>A curve under a batch that grows.</summary>
    /// <param name="schedule">The factors, warm-up included.</param>
    /// <param name="rate">The rate that they multiply.</param>
    /// <param name="batch">Examples in a full step of an epoch, from 0.</param>
    /// <param name="datasetSize">Examples in the training set.</param>
    /// <param name="epochs">Length of the job.</param>
    public RateCurve(ISchedule schedule, double rate, Func<int, int> batch, int datasetSize, int epochs)
    {
        (_schedule, _rate, _batch, _datasetSize) = (schedule, rate, batch, datasetSize);
        TotalSteps = Enumerable.Range(0, epochs).Sum(epoch => Position.StepsInEpoch(batch(epoch), datasetSize));
        TotalEpochs = epochs;
    }

    /// <summary>Steps of the whole job.</summary>
    public long TotalSteps { get; }

    /// <summary>Epochs of the whole job, fractional.</summary>
    public double TotalEpochs { get; }

    /// <summary>The rate of the step of <paramref name="take"/> examples that starts at <paramref name="position"/>, the job's <paramref name="step"/>-th from 0.</summary>
    public double RateAt(long step, Position position, int take)
    {
        var epoch = position.EpochsDone(_datasetSize);
        return _rate * _schedule.Factor(new ScheduleTime(step, epoch, (double)take / _datasetSize, TotalSteps, TotalEpochs));
    }

    /// <summary>The rates from the <paramref name="first"/>-th step on, from 0, when every step takes a full batch or the rest of its epoch.</summary>
    /// <param name="first">The first step wanted.</param>
    /// <param name="every">Steps from one point to the next.</param>
    public IEnumerable<RatePoint> From(long first, long every = 1)
    {
        var position = Position.Start();
        var wanted = first;
        for (var step = 0L; step < TotalSteps;)
        {
            var batch = _batch(position.Epoch);
            var inEpoch = Position.StepsInEpoch(batch, _datasetSize);
            for (; wanted < step + inEpoch && wanted < TotalSteps; wanted += every)
            {
                var at = position with { Cursor = (int)((wanted - step) * batch) };
                yield return new RatePoint(wanted, at.EpochsDone(_datasetSize), RateAt(wanted, at, at.Take(batch, _datasetSize)));
            }

            step += inEpoch;
            position = position with { Epoch = position.Epoch + 1 };
        }
    }

    /// <summary>The rate of the <paramref name="step"/>-th step, from 0.</summary>
    public RatePoint At(long step) => From(step).First();
}

/// <param name="Step">Number of updates done before this one.</param>
/// <param name="Epoch">Fractional epochs done before it.</param>
/// <param name="Rate">Its learning rate.</param>
public readonly record struct RatePoint(long Step, double Epoch, double Rate);
