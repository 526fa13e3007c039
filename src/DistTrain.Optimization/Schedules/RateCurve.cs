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

    /// <summary>The batch of the last epochs: from the first of them on steps are counted without a walk.</summary>
    private readonly int _lastBatch;

    /// <param name="schedule">The factors, warm-up included.</param>
    /// <param name="rate">The rate that they multiply.</param>
    /// <param name="batch">Examples in a full step.</param>
    /// <param name="datasetSize">Examples in the training set.</param>
    /// <param name="epochs">Length of the job in epochs, or null.</param>
    /// <param name="steps">Length in steps; null when <paramref name="epochs"/> is given.</param>
    public RateCurve(ISchedule schedule, double rate, int batch, int datasetSize, int? epochs, long? steps)
    {
        (_schedule, _rate, _batch, _datasetSize, _lastBatch) = (schedule, rate, _ => batch, datasetSize, batch);
        (TotalSteps, TotalEpochs) = JobLength.Of(epochs, steps, batch, datasetSize);
    }

    /// <summary>A curve under a batch that grows, and never shrinks.</summary>
    /// <param name="schedule">The factors, warm-up included.</param>
    /// <param name="rate">The rate that they multiply.</param>
    /// <param name="batch">Examples in a full step of an epoch, from 0.</param>
    /// <param name="datasetSize">Examples in the training set.</param>
    /// <param name="epochs">Length of the job.</param>
    public RateCurve(ISchedule schedule, double rate, Func<int, int> batch, int datasetSize, int epochs)
    {
        (_schedule, _rate, _batch, _datasetSize, _lastBatch) = (schedule, rate, batch, datasetSize, batch(epochs - 1));
        TotalSteps = Enumerable.Range(0, epochs).Sum(epoch => Position.StepsInEpoch(batch(epoch), datasetSize));
        TotalEpochs = epochs;
    }

    /// <summary>Steps of the whole job.</summary>
    public long TotalSteps { get; }

    /// <summary>Epochs of the whole job, fractional.</summary>
    public double TotalEpochs { get; }

    /// <summary>The rate of the step of <paramref name="take"/> examples that starts at <paramref name="position"/>, the job's <paramref name="step"/>-th from 0.</summary>
    public double RateAt(long step, Position position, int take) => RateAt(step, position.EpochsDone(_datasetSize), take);

    /// <summary>The rates from the <paramref name="first"/>-th step on, from 0, when every step takes a full batch or the rest of its epoch.</summary>
    /// <param name="first">The first step wanted.</param>
    /// <param name="every">Steps from one point to the next.</param>
    public IEnumerable<RatePoint> From(long first, long every = 1)
    {
        var (epoch, begun) = (0L, 0L);
        for (var wanted = first; wanted < TotalSteps; wanted += every)
        {
            (epoch, begun) = EpochOf(wanted, epoch, begun);
            yield return Point(wanted, epoch, wanted - begun);
        }
    }

    /// <summary>The rate of the <paramref name="step"/>-th step, from 0.</summary>
    /// <exception cref="InvalidOperationException">The job has fewer steps.</exception>
    public RatePoint At(long step) => From(step).First();

    private double RateAt(long step, double epoch, int take) =>
        _rate * _schedule.Factor(new ScheduleTime(step, epoch, (double)take / _datasetSize, TotalSteps, TotalEpochs));

    /// <summary>The epoch in which a step lies, and the job's steps before that epoch.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="epoch">An epoch that is not behind it.</param>
    /// <param name="begun">The steps before that one.</param>
    /// <remarks>Epochs are long: a job of many steps on few examples has more of them than a position can count.</remarks>
    private (long Epoch, long Begun) EpochOf(long step, long epoch, long begun)
    {
        while (BatchIn(epoch) != _lastBatch && step - begun >= StepsIn(epoch))
            begun += StepsIn(epoch++);
        var further = (step - begun) / StepsIn(epoch);
        return (epoch + further, begun + (further * StepsIn(epoch)));
    }

    private RatePoint Point(long step, long epoch, long inEpoch)
    {
        var batch = BatchIn(epoch);
        var cursor = (int)(inEpoch * batch);
        var take = Math.Min(batch, _datasetSize - cursor);
        var before = epoch + ((double)cursor / _datasetSize);
        var after = cursor + take == _datasetSize ? epoch + 1 : epoch + ((double)(cursor + take) / _datasetSize);
        return new RatePoint(step, before, after, RateAt(step, before, take));
    }

    private int BatchIn(long epoch) => _batch((int)Math.Min(epoch, int.MaxValue));

    private long StepsIn(long epoch) => Position.StepsInEpoch(BatchIn(epoch), _datasetSize);
}

/// <param name="Step">Number of updates done before this one.</param>
/// <param name="Epoch">Fractional epochs done before it.</param>
/// <param name="EpochAfter">Fractional epochs done behind it, as the metrics of the step say.</param>
/// <param name="Rate">Its learning rate.</param>
public readonly record struct RatePoint(long Step, double Epoch, double EpochAfter, double Rate);
